/**
 * Module: records that the visitor agreed, so that it can be shown later.
 *     consent, with the column `consent`: {state: 'granted', source, purposes, version, ...} as it was said
 * Told when consent is granted, or granted for something else, once for each: what was told last is
 * kept on the device, where the storage mode lets it. A refusal is told nowhere and kept nowhere.
 * What is said through pipes.consent() without a `source` has the source "api".
 */
function consent_record() {
    return {name: 'consent_record', start: function (core) {
        var last;

        function note(state, told) {
            var record = {source: 'api'};
            var said;
            if (state === 'granted') {
                for (var key in told) {
                    record[key] = told[key];
                }
                record.state = state;
                said = JSON.stringify(record);
                if (said !== (last || core.store())) {
                    core.store(last = said);
                    core.emit('consent', undefined, undefined, {consent: record});
                }
            }
        }

        // A banner may have spoken before this module was started.
        note(core.get('told') && core.get('consent'), core.get('told'));
        core.on('consent', note);
        core.on('reset', function () { last = ''; });
    }};
}
pipesModules.push(consent_record());
