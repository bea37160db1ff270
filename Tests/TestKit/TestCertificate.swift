/// A certificate for `localhost` and 127.0.0.1 that signs itself, until 2126, and its key; made for tests alone.
package struct TestCertificate: Sendable {
    package var certificate: String
    package var key: String

    package init(certificate: String, key: String) {
        self.certificate = certificate
        self.key = key
    }

    /// On the curve P-256.
    package static let localhost = TestCertificate(
        certificate: """
            -----BEGIN CERTIFICATE-----
            MIIBmjCCAUGgAwIBAgIUJEZoxuxrYzs8Uoh9qFBOQLoR0y8wCgYIKoZIzj0EAwIw
            FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMTA2NTQzNloYDzIxMjYxMDI4
            MDY1NDM2WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
            PQMBBwNCAARZQ+xntf9RZQHxtz/MkFlUzlGVVec95rlAlkChrUBDbtpmFn0qh7Hi
            uT2Nfufnb2/xmQWKMJqqiigKnfNAQWm+o28wbTAdBgNVHQ4EFgQU4dyseOVBoGMz
            eTaNaUptFv0ftCQwHwYDVR0jBBgwFoAU4dyseOVBoGMzeTaNaUptFv0ftCQwDwYD
            VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
            zj0EAwIDRwAwRAIgb45GImpE0N/z1kOX6bS6wdMSJ50k5vn/BTO8cWD8940CIFl3
            7aTAXnRiNu3TJCrt/TAxkO9/utt8aaSFnkRRG8h0
            -----END CERTIFICATE-----
            """,
        key: """
            -----BEGIN PRIVATE KEY-----
            MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgfNSFHz9VDds96dmp
            74S43HEgAXpQK1pkroHZ4t6rwc2hRANCAARZQ+xntf9RZQHxtz/MkFlUzlGVVec9
            5rlAlkChrUBDbtpmFn0qh7HiuT2Nfufnb2/xmQWKMJqqiigKnfNAQWm+
            -----END PRIVATE KEY-----
            """)

    /// Another one, of RSA.
    package static let rsa = TestCertificate(
        certificate: """
            -----BEGIN CERTIFICATE-----
            MIIDJzCCAg+gAwIBAgIUUrf1HfyAACmhJab5jMYN20TBLLgwDQYJKoZIhvcNAQEL
            BQAwFDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyODIyNTU1M1oYDzIxMjYx
            MTA0MjI1NTUzWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwggEiMA0GCSqGSIb3DQEB
            AQUAA4IBDwAwggEKAoIBAQDA7c+AhA44dpG1aGQUgHxlgB9vqoGYGec0qaUuulak
            3azaYYSl0nunBhm9W/n2P1FW2oLeTEQw5cYml+4qU+Ba0d0hZ9MX5u9OHKgGTRHa
            4zBQrcvr9zE6bsuHhhWALXiEOWnJdfLg/GUnrCDHj0grLz0jsRBt/4OyjyflPpCz
            7WUX8z1+mYmP4E9/pOGXzacpCJpQ9i64G0N2xr5C1r6qW9Y9iyyMLS7abnmjHJu6
            HRAv5+OVZDWwBPvBnZDD+fqPRadYKB7xDLJW8CJf6zCb+h4gei3vADz0EYBeRsvy
            prQDU6+ix5xGeRMOAMn0hhRl448vl58vIofYiacERglVAgMBAAGjbzBtMB0GA1Ud
            DgQWBBSNHIRk1GHTknbzXd7KsDvRaa23JTAfBgNVHSMEGDAWgBSNHIRk1GHTknbz
            Xd7KsDvRaa23JTAPBgNVHRMBAf8EBTADAQH/MBoGA1UdEQQTMBGCCWxvY2FsaG9z
            dIcEfwAAATANBgkqhkiG9w0BAQsFAAOCAQEAruevpbHYhThdg94gSF4x6ej//eC/
            kBrwz40p9D7Gmxe5dX8wXVVd9ryvC2DMyf3A6X0xKf1Gbn6BfAE2gNiK86gc8r8V
            UDzF6soHOBiFu7OLlL9OAgS3uL4oxKB3BF5pD9iKM6dHc5Wik1wV5MulDKU2kUcp
            t4COB4t9MCuEiSePiGF3HTQ8P/ztQftUEUBfHRQ9weKaiwO0Rlq7NDlwbekPzNd0
            8tg8m0iS+DqLH9hO3CLhASLh8uMqd4FxDDZKtpTjP8Urew4r185kGiemEQpcZETO
            SMqeUBIX7B9fsNGeHzwVaFVck09zbj3VLiyckavFy45Sc6s/tktbeuEAmQ==
            -----END CERTIFICATE-----
            """,
        key: """
            -----BEGIN PRIVATE KEY-----
            MIIEvAIBADANBgkqhkiG9w0BAQEFAASCBKYwggSiAgEAAoIBAQDA7c+AhA44dpG1
            aGQUgHxlgB9vqoGYGec0qaUuulak3azaYYSl0nunBhm9W/n2P1FW2oLeTEQw5cYm
            l+4qU+Ba0d0hZ9MX5u9OHKgGTRHa4zBQrcvr9zE6bsuHhhWALXiEOWnJdfLg/GUn
            rCDHj0grLz0jsRBt/4OyjyflPpCz7WUX8z1+mYmP4E9/pOGXzacpCJpQ9i64G0N2
            xr5C1r6qW9Y9iyyMLS7abnmjHJu6HRAv5+OVZDWwBPvBnZDD+fqPRadYKB7xDLJW
            8CJf6zCb+h4gei3vADz0EYBeRsvyprQDU6+ix5xGeRMOAMn0hhRl448vl58vIofY
            iacERglVAgMBAAECggEAAIQtE9HNw7d5hD22cfbvLIN5/Lo9JOGP+gGacS0u0dg+
            QAOWdq4IPz09G2VZAdlPpFwj5oT0SYrExJkeC/9JIl35+AXcuEK2H1nIK8dBzQf+
            utQZkzh6FBVX71G/YG1iR+fc/ABth1xHViKQ2QDDGxIJPOgoynxZEgvfsryjS0cV
            Otum9lDN+u/5wjt9F48UoRa2e2H3xvJjbSLiIVmwA7mNNXI1VwxCpfxZGmQWsDJS
            Ux2VOTOYEGxaTTYGFZ7f35kYaC/XDzcZoo+sSdJ4e01s98KqkMAe8RMnyxQ30gU1
            osO1FgcyoM9SJCkJ26yKvmv/N2skmAz/pHglzGFLvwKBgQDmRUuMhFFmUuSKoRNE
            GQzc1DGy96Zly/JKuFIpW/DLwLDJ7UNJvjouPvluej/SKQkUs+7iSBCY0IDFI/S+
            Im/iobPHOJeuV4PyBpraNE6Wi3pkrh1Buyl16zjp4DNh8Rg/XNLlcrBCBM1HbzP+
            Rx/OnSUejG6YoIhWbZCOtgAaTwKBgQDWfGK0BmFUgwc9ofVJlDuw3Ys5mLdD5dYz
            vcKbNdIysi/4SavbdO2wNmy5UM2WyzR34u3jNUQkbgf67ADw/beX7XQG9XFEKbjQ
            DY1fSbkwP9QRkBbfRMIP+Q3QISFtY2NU0fPpeBcLGhe3S1byDAPJm4zF/Gbg+Rmg
            jrcvDS7NGwKBgAGsJyxSGbVAjOBk4xrvg6Rm9iVynwbGQHBCfnZGcK1KLP6Kdp6m
            fw2u72jaAnSoT6SS2f1SwKwbd5P2+uQWo/Flc0TTKGbfw9mSKrXDA38cbDsm+Jdt
            oJN2reck9bqUYbS0G+QGvTj9h/Ao4pvKMHTztz1Nj9AT+mmGSjJ/J+kJAoGAK/t/
            xgjU5p6j2nieswLppqAXj60IT60O2rdb87X6r5ioi5KX4j29C/htHSc7sWNkE/19
            6Kygl5PUoRjKLKDqiAYSV+b23hJsKoXM6rBUgFdmZl+UwR35aYsZ0QcqMqNB2D/h
            c4vDtewY1uZlIudh03LJUEQs2I9cOPdrCwP6B+cCgYAUAelh/ZjFmXE1cZLFLHLl
            ucGfPjR902g3Fl4KfZp6rGXnnW3k7q5mCEP4UE4H0WBdpTNhnpFcm2CbARZ7RAoi
            cvz09o723gCXfeaAWx+4HEQ/aMm/dUP7xha04i5BVyQ9ZbqKKdzRgKvsEyalW5mh
            fixn9Kh3sU5OSBG+ldcczQ==
            -----END PRIVATE KEY-----
            """)

    /// A key on the curve P-256 that belongs to no certificate here.
    package static let otherKey = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg0cYowkLdhPI49abY
        CURONEEmahZggrGghyA93j1p7X6hRANCAAQnSMS9SKvAgAUK2nlHCG29wUkplOzL
        tCqTz0ot9LP4W1PMa1MWvAr99qLRDeLR2HoSjp/oaslzG2DV0uCZrboO
        -----END PRIVATE KEY-----
        """

    /// The two in files of a directory.
    package func files(in directory: TemporaryDirectory, _ stem: String = "cert") throws -> (
        certificate: String, key: String
    ) {
        (
            try directory.file("\(stem).pem", holding: certificate + "\n"),
            try directory.file("\(stem)-key.pem", holding: key + "\n")
        )
    }
}
