"""The Imaging FlowCytobot: bins of `.hdr`, `.adc` and `.roi` files, both generations."""
