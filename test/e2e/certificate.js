'use strict';
const path = require('node:path');
const {execFileSync} = require('node:child_process');

/** For localhost, by nobody but itself: NAME.pem and NAME.key in the folder. */
function certificate(folder, name) {
    const files = {cert: path.join(folder, `${name}.pem`), key: path.join(folder, `${name}.key`)};
    execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt',
        'ec_paramgen_curve:P-256', '-nodes', '-keyout', files.key, '-out', files.cert,
        '-days', '2', '-subj', `/CN=${name}`, '-addext', 'subjectAltName=DNS:localhost'],
    {stdio: 'ignore'});
    return files;
}

module.exports = {certificate};
