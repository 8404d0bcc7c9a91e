"""HL7 v2 over MLLP: frames on a TCP connection, each answered when Kafka has what it says."""
