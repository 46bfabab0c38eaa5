"""The certification app."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CertificationConfig(AppConfig):
    """Listens to what the apps below report."""

    name = "certification"
    verbose_name = _("Certification")

    def ready(self) -> None:
        """Connect the receivers, register what has to be prepared, and tell dashboard and portal what is known here."""
        from certification import keyring, ledger_check, panels, preparation, receivers, system_checks  # noqa: F401, PLC0415 - models are ready only now
        from certification.outlook import CertificationOutlook, live_certificate  # noqa: PLC0415 - ditto
        from governance.ledger import signing  # noqa: PLC0415 - ditto
        from plugins import standing  # noqa: PLC0415 - ditto
        from plugins.portal import outlook  # noqa: PLC0415 - ditto

        signing.use(keyring.log_signer, keyring.log_keys)
        ledger_check.register()
        preparation.register_steps()
        panels.register_panels()
        outlook.register(CertificationOutlook())
        standing.register(live_certificate)
