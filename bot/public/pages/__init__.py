"""The pages: draws and their files, finding an entry, claiming a prize, and the rest."""
