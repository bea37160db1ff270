import CLibcrypto

/// How long OpenSSL, which is one for the whole process, can be used.
public enum OpenSSLLifetime {
    /// Keeps it as it is until the process is gone.
    ///
    /// By itself it takes its locks away when the process exits, and a thread that is still at work then, or only ends
    /// then, crashes. To be called before anything else uses it.
    public static func extendBeyondExit() {
        // It can fail only when it was set up differently already, and then nothing is to be done.
        OPENSSL_init_crypto(UInt64(OPENSSL_INIT_NO_ATEXIT), nil)
    }
}
