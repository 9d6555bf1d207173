"""The portal's REST: one module per family of methods, a registry, and the HTTP endpoint (contract 3)."""
