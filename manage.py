#!/usr/bin/env python
"""Django's command line for the site."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    from django.core.management import execute_from_command_line

    from ledger.heads.exceptions import RecordingStopped

    try:
        execute_from_command_line(sys.argv)
    except RecordingStopped as refusal:
        from ledger.heads.recording import report

        report(refusal)
        sys.exit(str(refusal))


if __name__ == "__main__":
    main()
