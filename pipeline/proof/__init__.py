"""What is checked of the published layers, by code that the stages do not share."""
