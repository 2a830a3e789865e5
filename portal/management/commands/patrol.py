"""`patrol`: compares what the site serves with what was sealed."""

import smtplib
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.mail import send_mail
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from accounts.models import User
from ledger.models import Run
from ledger.monitoring.alarms import raise_alarm
from ledger.monitoring.runs import note_run
from portal import identity
from portal.patrol.client import SiteClient, Unreachable
from portal.patrol.crawler import Deviation, Patrol

MAX_MAIL_LINES = 100  # lines


class Command(BaseCommand):
    help = "Fetches what the site serves and compares it with what was sealed; a line for each deviation, then exit 1."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--url", default=settings.SITE_URL, help="where the site is; SITE_URL without it")
        parser.add_argument("--most", type=int, default=500, help="listing pages at most (500)")
        parser.add_argument("--articles", type=int, default=200, help="how many of the newest articles (200)")
        parser.add_argument("--sample", type=int, default=50, help="how many others, picked at random (50)")

    def handle(self, *_args: Any, url: str, most: int, articles: int, sample: int, **_options: Any) -> None:
        try:
            site = SiteClient(url)
            site.fetch("/")
        except ValueError as error:
            raise CommandError(str(error)) from error
        except Unreachable as error:
            raise CommandError(_("%(url)s could not be reached: %(error)s") % {"url": url, "error": error}) from error
        patrol = Patrol(site, max_listings=most, newest_count=articles, sample_size=sample)
        findings = []
        for finding in patrol.deviations():
            self.stdout.write(str(finding))
            findings.append(finding)
            if not finding.is_network:
                raise_alarm(f"patrol {finding.path}", "%(words)s", words=finding.message[:300])
        note_run(Run.Kind.PATROL, ok=not findings, findings=len(findings))
        if not findings:
            self.stdout.write(_("%(count)d pages show what was sealed.") % {"count": patrol.checked_count})
            return
        self.mail_deviations(url, findings)
        raise CommandError(_("%(count)d deviations from what was sealed.") % {"count": len(findings)}, returncode=1)

    def mail_deviations(self, url: str, findings: list[Deviation]) -> None:
        """One mail to the superusers who have an address. That it cannot be sent is said, and changes nothing."""
        people = User.objects.filter(is_superuser=True, is_active=True).exclude(email="")
        addresses = list(people.values_list("email", flat=True))
        if not addresses:
            return
        if not settings.HAS_MAIL_SERVER:
            self.stderr.write(_("No mail server is set (EMAIL_URL)."))
            return
        name = identity.current_identity().name or _("Qianfa")
        subject = _("%(site)s: %(count)d deviations from what was sealed") % {"site": name, "count": len(findings)}
        lines = [str(finding) for finding in findings[:MAX_MAIL_LINES]]
        if len(findings) > MAX_MAIL_LINES:
            lines.append(_("… and %(count)d more") % {"count": len(findings) - MAX_MAIL_LINES})
        intro = _("The patrol looked at %(url)s and found what nobody signed off:") % {"url": url}
        advice = _("What to do stands in docs/integrity.md.")
        try:
            send_mail(subject, "\n".join([intro, "", *lines, "", advice]), None, addresses)
        except (OSError, smtplib.SMTPException) as error:
            self.stderr.write(_("The mail could not be sent: %(error)s") % {"error": error})
