package boxcar.intake;

/** How a value is written; its first byte tells readers which. */
public enum Format {
    /** Avro single-object encoding: 0xC3 0x01, the schema's fingerprint, the body. */
    AVRO,
    /** One JSON object, as the header of the schemas describes it. */
    JSON
}
