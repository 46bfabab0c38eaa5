"""Acme CRM for no-code workflows."""

from acme_crm_connector.connector import AcmeCrmConnector

__all__ = ["AcmeCrmConnector"]
__version__ = "2.3.1"
