"""``python -m riboswitch`` is ``riboswitch``."""

from riboswitch.cli import main

main()
