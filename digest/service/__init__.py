"""Run all day: the loop, the log, and the doctor that finds what would keep mail from leaving."""
