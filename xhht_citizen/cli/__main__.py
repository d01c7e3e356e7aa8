"""`python -m xhht_citizen.cli` is `xhht`."""

from xhht_citizen.cli import main

main()
