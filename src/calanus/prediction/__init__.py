"""Learning sets, classifiers, predicting."""
