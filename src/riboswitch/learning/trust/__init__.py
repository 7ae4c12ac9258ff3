"""What an answer is worth: calibrated probabilities, intervals and sets that hold on new groups, promises."""
