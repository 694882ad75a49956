# SPDX-License-Identifier: Apache-2.0
"""Recordings of real programs on networks made of Linux namespaces, with exact labels."""
