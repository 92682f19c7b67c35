#include "collector/certificate.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <stdio.h>

enum { DAY_SECONDS = 24 * 60 * 60 };

static bool fill(X509 *certificate, EVP_PKEY *key)
{
    X509_NAME *name = X509_get_subject_name(certificate);
    return X509_set_version(certificate, X509_VERSION_3) == 1 &&
           ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1) == 1 &&
           X509_gmtime_adj(X509_getm_notBefore(certificate), -DAY_SECONDS) &&
           X509_gmtime_adj(X509_getm_notAfter(certificate), 30L * DAY_SECONDS) &&
           X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"localhost",
                                      -1, -1, 0) == 1 &&
           X509_set_issuer_name(certificate, name) == 1 && X509_set_pubkey(certificate, key) == 1 &&
           X509_sign(certificate, key, EVP_sha256()) > 0;
}

static bool write_pem(const char *path, X509 *certificate, EVP_PKEY *key)
{
    FILE *file = fopen(path, "we");
    bool is_good =
        file && (certificate ? PEM_write_X509(file, certificate)
                             : PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL)) == 1;
    return file && fclose(file) == 0 && is_good;
}

enum status certificate_write(const char *certificate_path, const char *key_path,
                              struct fault *fault)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = X509_new();
    bool is_good = key && certificate && fill(certificate, key) &&
                   write_pem(certificate_path, certificate, NULL) && write_pem(key_path, NULL, key);
    X509_free(certificate);
    EVP_PKEY_free(key);
    return is_good ? STATUS_OK : fault_set(fault, STATUS_IO, "cannot write %s", certificate_path);
}
