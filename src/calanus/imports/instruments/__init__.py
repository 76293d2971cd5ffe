"""Files as instruments leave them, written anew as the EcoTaxa package that the import reads."""
