//! Claims about the circuit.
