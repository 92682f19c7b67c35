'use strict';
/** user_data.js TEMPLATE NAMES: the template's user data, names filled in as AWS would. */
const fs = require('node:fs');
const {parseTemplate} = require('../e2e/cloudformation');

const [file, names] = process.argv.slice(2);
const values = JSON.parse(names);
const {Resources} = parseTemplate(fs.readFileSync(file, 'utf8'));
const {UserData} = Resources.Template.Properties.LaunchTemplateData;
const [separator, parts] = UserData['Fn::Base64']['Fn::Join'];

process.stdout.write(parts.map((part) => {
    if (typeof part === 'string') {
        return part;
    }
    return part['Fn::Sub'].replace(/\$\{([^}]+)\}/g, (all, name) => {
        if (!(name in values)) {
            throw new Error(`no value for ${name}`);
        }
        return values[name];
    });
}).join(separator));
