"""Training a network on plankton; needs the extra `train` (torch)."""
