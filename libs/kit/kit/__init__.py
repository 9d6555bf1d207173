"""Plumbing without a domain noun, shared by every process of the house."""
