"""What to ask a site, and in which order: WordPress collections, feeds, and the discovery of both."""
