"""What the acceptance run shows; every module has a function `run(stage, record)`."""
