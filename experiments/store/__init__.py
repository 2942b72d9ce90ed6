"""Results on the disk: rows, journal, checksums, provenance, shards, and questions to them."""
