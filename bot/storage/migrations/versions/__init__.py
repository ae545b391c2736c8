"""One line of migrations, in landing order; a landed one is never edited."""
