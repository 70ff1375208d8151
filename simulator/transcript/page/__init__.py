"""Pages for the browser: one file each, without network, in which whatever a model wrote is data."""
