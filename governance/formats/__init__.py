"""How dates are written where a template does not say it: the way the evidence pages and the date fields do."""
