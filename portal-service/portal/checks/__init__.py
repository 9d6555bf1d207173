"""The checks of a diagnosis: each a pure function from the facts to a finding."""
