/**
 * What nobody wanted to send becomes "redacted": rules/scrub.json, test/golden/scrub/. The names are
 * put in by the build; what may repeat is bounded, so that no text takes long. A text that makes its
 * event too big to be sent is left as it is.
 * @param {string} text
 */
function scrub(text) {
    // Most texts hold nothing that could be of the kind: the long patterns cost the page milliseconds.
    return typeof text !== 'string' || text.length > EVENT_BYTES_MAX || !/[=@%]|eyJ/i.test(text) ?
        text : text
        .replace(/(^|[^\w\/-])(PIPES_SCRUB_NAMES)((?:]|%5d)*(?:=|%(?:25)*3d))[^\0- #&?]+/gi, '$1$2$3redacted')
        .replace(/(:\/\/)[^\0- #\/?]*@/g, '$1')
        .replace(/[\w%'+.@\x80-\uffff-]+/g, function (run) {
            return /[^](@|%(25)*40)(?!\dx\.)[^@]{1,255}\.[a-z]{2}|eyJ[\w-]{5,999}\.eyJ/i.test(run) ?
                'redacted' : run;
        });
}
