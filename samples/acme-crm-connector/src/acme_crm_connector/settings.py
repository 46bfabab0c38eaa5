"""Where things are. The token belongs into the platform's secret store."""

API = "https://api.acme-crm.example/v2"
MAPPINGS = "https://git.acme-crm.example/raw/integrations/mappings/main/fields.yaml"

# left over from a trial: reads the mappings repository
GIT_TOKEN = "@@LEAKED_TOKEN@@"
