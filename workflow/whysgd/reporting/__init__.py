"""Pages of the report beside figures and claims: tables, costs, configuration and provenance."""
