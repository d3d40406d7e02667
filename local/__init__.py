"""Everything on one machine: embedded servers, the processes of `up`, the demo, the doctor."""
