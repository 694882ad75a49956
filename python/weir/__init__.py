# SPDX-License-Identifier: Apache-2.0
"""Training and judging weir's models: label rows, fit, export a bundle, evaluate it.

Features are computed by the C++ program alone (`weir extract`); nothing here computes one a second time.
"""
