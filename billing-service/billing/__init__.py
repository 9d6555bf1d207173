"""The billing context: plans, quotas, counted usage. It calls nobody."""
