"""The kernel: policy and criteria, risk tiers, ledger, roles, panels; also the Django project package."""
