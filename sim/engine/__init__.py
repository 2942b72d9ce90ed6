"""Everything that serves speed or chance alone, behind names that state what is returned."""
