'use strict';
/**
 * Checks a CloudFormation template against the current specification of AWS's resources: every
 * type, property and attribute is known, what is required is there, values have the right shape,
 * and all that is referred to exists.
 *
 *     const complaints = checkTemplate(text);      [] when there are none
 */
const yaml = require('yaml');
const {loadAwsServiceSpecSync} = require('@aws-cdk/aws-service-spec');

const SHORT = ['Ref', 'Sub', 'GetAtt', 'Not', 'Equals', 'Select', 'GetAZs', 'Join', 'Base64', 'If'];
const PSEUDO = ['AWS::AccountId', 'AWS::NoValue', 'AWS::NotificationARNs', 'AWS::Partition',
    'AWS::Region', 'AWS::StackId', 'AWS::StackName', 'AWS::URLSuffix'];
const SECTIONS = ['AWSTemplateFormatVersion', 'Description', 'Metadata', 'Parameters', 'Mappings',
    'Conditions', 'Resources', 'Outputs'];
const OF_RESOURCE = ['Type', 'Properties', 'DependsOn', 'Condition', 'DeletionPolicy',
    'UpdateReplacePolicy', 'CreationPolicy', 'UpdatePolicy', 'Metadata'];

/** "!Ref X" as {Ref: X}, "!GetAtt A.B" as {"Fn::GetAtt": ["A", "B"]}. */
function tags() {
    return SHORT.flatMap((name) => ['', 'seq', 'map'].map((kind) => ({
        tag: '!' + name,
        ...(kind ? {collection: kind} : {}),
        resolve(value) {
            const plain = value && typeof value.toJSON === 'function' ? value.toJSON() : value;
            if (name === 'GetAtt' && typeof plain === 'string') {
                const [resource, ...rest] = plain.split('.');
                return new yaml.Scalar({'Fn::GetAtt': [resource, rest.join('.')]});
            }
            return new yaml.Scalar({[name === 'Ref' ? 'Ref' : 'Fn::' + name]: plain});
        },
    })));
}

/** The template as plain objects; nested short forms, too. */
function parseTemplate(text) {
    const document = yaml.parseDocument(text, {customTags: tags(), strict: true});
    if (document.errors.length + document.warnings.length > 0) {
        throw document.errors[0] || document.warnings[0];
    }
    return document.toJS();
}

function isFunction(value) {
    const isObject = value && typeof value === 'object' && !Array.isArray(value);
    const keys = isObject ? Object.keys(value) : [];
    return keys.length === 1 && (keys[0] === 'Ref' || keys[0].startsWith('Fn::'));
}

class Checker {
    constructor(template) {
        this.template = template;
        this.complaints = [];
        this.spec = loadAwsServiceSpecSync();
    }

    complain(where, what) {
        this.complaints.push(`${where}: ${what}`);
    }

    resourceType(name) {
        const resource = this.template.Resources[name];
        const found = resource
            ? this.spec.lookup('resource', 'cloudFormationType', 'equals', resource.Type) : [];
        return found.length === 1 ? found[0] : undefined;
    }

    checkRef(where, name) {
        const isKnown = PSEUDO.includes(name) || name in this.template.Resources ||
            name in (this.template.Parameters || {});
        if (!isKnown) {
            this.complain(where, `there is no ${name} to refer to`);
        }
    }

    checkAttribute(where, name, attribute) {
        if (!(name in this.template.Resources)) {
            this.complain(where, `there is no resource ${name}`);
            return;
        }
        const type = this.resourceType(name);
        if (type && !(attribute in type.attributes)) {
            this.complain(where, `${type.cloudFormationType} has no attribute ${attribute}`);
        }
    }

    checkFunctions(where, value) {
        if (Array.isArray(value)) {
            value.forEach((one, i) => this.checkFunctions(`${where}[${i}]`, one));
        } else if (value && typeof value === 'object') {
            for (const [key, one] of Object.entries(value)) {
                this.checkFunction(`${where}.${key}`, key, one);
                this.checkFunctions(`${where}.${key}`, one);
            }
        }
    }

    checkFunction(where, key, value) {
        if (key === 'Ref') {
            this.checkRef(where, value);
        } else if (key === 'Fn::GetAtt') {
            this.checkAttribute(where, value[0], value[1]);
        } else if (key === 'Fn::Sub') {
            for (const [, name] of value.matchAll(/\$\{([^!}][^}]*)\}/g)) {
                const [resource, ...rest] = name.split('.');
                if (rest.length > 0) {
                    this.checkAttribute(where, resource, rest.join('.'));
                } else {
                    this.checkRef(where, name);
                }
            }
        } else if (key.startsWith('Fn::') && !SHORT.includes(key.slice(4))) {
            this.complain(where, 'a function that the checker does not know');
        }
    }

    checkProperties(where, value, properties) {
        for (const [name, one] of Object.entries(value)) {
            if (!(name in properties)) {
                this.complain(`${where}.${name}`, 'there is no such property');
            } else {
                this.checkValue(`${where}.${name}`, one, properties[name].type);
            }
        }
        for (const [name, property] of Object.entries(properties)) {
            if (property.required && !(name in value)) {
                this.complain(where, `${name} is required`);
            }
        }
    }

    /** Whether it is of the type; complaints of a union's variants are left out when one fits. */
    checkUnion(where, value, types) {
        const before = this.complaints.length;
        for (const type of types) {
            this.checkValue(where, value, type);
            if (this.complaints.length === before) {
                return;
            }
            this.complaints.length = before;
        }
        this.complain(where, 'fits none of the types that it may have');
    }

    checkValue(where, value, type) {
        if (isFunction(value)) {
            return;
        }
        const isObject = value && typeof value === 'object' && !Array.isArray(value);
        const kinds = {
            string: () => typeof value === 'string',
            number: () => typeof value === 'number',
            integer: () => Number.isInteger(value),
            boolean: () => typeof value === 'boolean',
            'date-time': () => typeof value === 'string',
            json: () => isObject,
            tag: () => isObject,
            null: () => value === null,
            array: () => Array.isArray(value),
            map: () => isObject,
            ref: () => isObject,
            union: () => true,
        };
        if (!(type.type in kinds)) {
            this.complain(where, `a type that the checker does not know: ${type.type}`);
        } else if (!kinds[type.type]()) {
            this.complain(where, `must be of the type ${type.type}`);
        } else if (type.type === 'array') {
            value.forEach((one, i) => this.checkValue(`${where}[${i}]`, one, type.element));
        } else if (type.type === 'map') {
            Object.entries(value).forEach(([key, one]) =>
                this.checkValue(`${where}.${key}`, one, type.element));
        } else if (type.type === 'union') {
            this.checkUnion(where, value, type.types);
        } else if (type.type === 'ref') {
            const definition = this.spec.get('typeDefinition', type.reference.$ref);
            this.checkProperties(where, value, definition.properties);
        } else if (type.type === 'tag' && !(value.Key && value.Value)) {
            this.complain(where, 'a tag has Key and Value');
        }
    }

    checkResource(name, resource) {
        const type = this.resourceType(name);
        for (const key of Object.keys(resource)) {
            if (!OF_RESOURCE.includes(key)) {
                this.complain(name, `a resource has no ${key}`);
            }
        }
        for (const other of [].concat(resource.DependsOn || [])) {
            if (!(other in this.template.Resources)) {
                this.complain(name, `depends on ${other}, which is not there`);
            }
        }
        if (resource.Condition && !(resource.Condition in (this.template.Conditions || {}))) {
            this.complain(name, `there is no condition ${resource.Condition}`);
        }
        if (!type) {
            this.complain(name, `there is no type ${resource.Type}`);
        } else {
            this.checkProperties(name, resource.Properties || {}, type.properties);
        }
    }

    check() {
        for (const section of Object.keys(this.template)) {
            if (!SECTIONS.includes(section)) {
                this.complain(section, 'there is no such section');
            }
        }
        for (const [name, resource] of Object.entries(this.template.Resources)) {
            this.checkResource(name, resource);
        }
        for (const part of ['Conditions', 'Resources', 'Outputs']) {
            this.checkFunctions(part, this.template[part] || {});
        }
        for (const [name, parameter] of Object.entries(this.template.Parameters || {})) {
            if (!parameter.Type || !JSON.stringify(this.template).includes(name)) {
                this.complain(name, 'a parameter without a type or use');
            }
        }
        return this.complaints;
    }
}

function checkTemplate(text) {
    return new Checker(parseTemplate(text)).check();
}

module.exports = {checkTemplate, parseTemplate};
