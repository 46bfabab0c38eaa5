"""What a vetting report looks like to others: JSON, SARIF, CycloneDX, text."""
