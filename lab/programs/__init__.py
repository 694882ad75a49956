# SPDX-License-Identifier: Apache-2.0
"""Programs that hosts of the lab run: clients, servers and attackers of its own, standard library only.

They are copied to /srv/programs of every host. Tools of others leave one handwriting each; what is written here varies timing,
order, sizes and protocol, so that a model cannot learn the tool instead of the deed. They run in the lab's namespaces only, and
every one has a bound on its time and on what it sends.
"""
