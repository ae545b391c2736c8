"""The public pages of draws: an application of its own, on a port of its own, that serves draws and nothing else."""
