"""What identifying costs a person: clicks and seconds of a simulated annotator, by strategy."""
