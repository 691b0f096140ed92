import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;

/** Writes the certificates of a PEM bundle as the trust store that Java reads: PKCS #12 without a password. */
class Truststore {
    public static void main(String[] args) throws Exception {
        System.setProperty("keystore.pkcs12.certProtectionAlgorithm", "NONE");
        System.setProperty("keystore.pkcs12.macAlgorithm", "NONE");
        var store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        try (var bundle = new FileInputStream(args[0])) {
            for (var certificate : CertificateFactory.getInstance("X.509").generateCertificates(bundle)) {
                store.setCertificateEntry("host-%03d".formatted(store.size()), certificate);
            }
        }
        try (var out = new FileOutputStream(args[1])) {
            store.store(out, null);
        }
        System.out.println(store.size() + " certificates");
    }
}
