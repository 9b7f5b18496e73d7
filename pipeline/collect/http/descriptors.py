"""How many files and sockets this process may have open."""

from __future__ import annotations

import resource

_ENOUGH = 65_536


def raise_file_limit() -> int:
    """Raise the limit as far as the system lets us without asking (setrlimit(2)); the limit as it is then.

    Shells begin with 1,024 for the sake of programs that cannot do with more, and hundreds of hosts need more.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _ENOUGH if hard == resource.RLIM_INFINITY else min(hard, _ENOUGH)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = wanted
    return wanted if soft == resource.RLIM_INFINITY else soft
