"""What this machine is: memory within a container's limits, processors, and GPUs by each maker's own means."""
