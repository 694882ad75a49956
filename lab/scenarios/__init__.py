# SPDX-License-Identifier: Apache-2.0
"""What happens on a network: normal habits and attacks, one file each."""
