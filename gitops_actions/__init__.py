"""gitops-actions: from push CI to pull GitOps."""

__version__ = "0.1.0"
