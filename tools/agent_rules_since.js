/*
 * agent_rules_since.js - what has appeared since the version of uap-core in package-lock.json: rules
 * of our own, tried before its own. When a newer package knows them they go.
 *
 * A row of `browser` is [pattern, family, version]: family and version as uap-core's replacements;
 * left out, they are the first and second group.
 */
'use strict'

/* Products that name themselves behind a browser's own agent, under the name that they give. */
const NAMED = [
  'VivoBrowser', 'Trailer', 'Agency', 'Herring', 'AtContent', 'Config', 'Viewer', 'LikeWise', 'Unique',
  'CitizenFX', 'R2Client', 'Roadrunner', 'AncestryAndroid', 'Instabridge', 'MullvadBrowser',
  'Google-InspectionTool', 'AVG', 'Avira', 'CCleaner', 'Norton', 'Quark', 'RecipeRadar',
  'Chesscom-Android', 'aws-sdk-go-v2', 'Ladybird', 'Odin'
]

/* The same, under another name than the one in the agent. */
const RENAMED = {
  HiBrowser: 'H[Ii]Browser/v?', 'Baidu Explorer': 'baiduboxapp/', 'Opera GX': 'OPX/',
  'Opera Touch': 'OPT/', 'Ruxit Synthetic': 'RuxitSynthetic/', 'UC Browser': 'UCMobile/',
  'Open Wave': 'OpenWave/', 'OBS Studio': 'OBS/',
  'Adobe CEP': 'AdobeCEP/', 'Steam GameOverlay': 'Valve Steam GameOverlay/(?:default/)?',
  'Aloha Browser': '(?:AlohaBrowser|ABB)/', 'Huawei Browser': 'HuaweiBrowser/',
  'Avast Secure Browser': 'Avast(?:SecureBrowser)?/', '115 Browser': '115Browser/',
  'Quark PC': 'QuarkPC/', 'Smart Lenovo Browser': 'SLBrowser/', 'Roblox App': 'RobloxApp/',
  'Atom Browser': ' Atom/', 'AOL Shield Browser': 'AOLShield/', 'Hola Browser': 'Hola/',
  'Craving Explorer Browser': 'CravingExplorer/', 'AOL Desktop Gold Browser': 'ADG/',
  'Sber Browser': 'SberBrowser/', 'JiSu Browser': 'JiSu/', 'Wolvic Browser': 'Wolvic/',
  'HeyTap Browser': 'HeyTapBrowser/', 'Honor Browser': '(?:bdhonor|Honor)[bB]rowser/', 'Phoenix Browser': 'PHX/',
  'Lite Browser': 'Lite Browser/', 'Vewd Browser': ' OMI/', 'Mypal Browser': 'Mypal/',
  'Microsoft Teams': 'Teams/', KakaoTalk: 'KAKAOTALK[/ ]', Telegram: 'Telegram-Android/',
  'Ecosia iOS': 'Ecosia ios@', 'Ecosia Android': 'Ecosia android@', TikTok: '(?:musical_ly|trill)_',
  'NetCast Smart TV': 'NetCast.*SmartTV/', 'WeChat Browser': 'MicroMessenger/[\\d.]+.*(?:Windows|Mac)Wechat',
  'Oculus Browser': 'OculusBrowser/', 'Yandex Browser': 'YaSearchBrowser/', Camoufox: 'Camoufox '
}

const ESCAPED = /[-/.]/g

module.exports = {
  browser: [
    /* What says more than one name, before the rows that would take the other. */
    ['Brave(?: Chrome)?/(\\d+)', 'Brave', '$1'],
    ['(?: |\\()(?:Brave|brave)(?:/(\\d+)|\\)?$)', 'Brave', '$1'],
    ['Vivaldi/(\\d+)\\.?(\\d*)', 'Vivaldi', '$1'],
    ['Mobile/.* Ddg/(\\d+)', 'DuckDuckGo Mobile', '$1'],
    ['(?:Macintosh|Windows).* Ddg/(\\d+)', 'DuckDuckGo', '$1'],
    ['WeiboIntl|Weibolite|Weibo \\(', 'Weibo', ''],
    ['Instagram (\\d+)\\.[\\d.]+ Android', 'Instagram', '$1'],
    ['Macintosh.* EdgiOS/(\\d+)', 'Edge Mobile', '$1'],
    ['Macintosh.* CriOS/(\\d+)', 'Chrome Mobile iOS', '$1'],
    ['Valve (?:Steam )?Client/', 'Steam Client', ''],
    ['Valve Steam Gamepad/Steam Deck', 'Steam Deck', ''],
    ['QIHU 360(?:SE|ENT|EE)', '360 Secure Browser', ''],
    ['Chromium GOST', 'Chromium GOST Browser', ''],
    [' Decentr(?: |$)', 'Decentr Web3 Browser', ''],
    [' Sparrow$', 'Sparrow Browser', ''],
    [' Talon$', 'Talon Cyber Security Browser', ''],
    ['Qaxbrowser', 'QAX Browser', ''],
    ['SMART-TV; Linux; Smart TV.* Chrome/(\\d+)', 'SmartTV WebBrowser', '$1'],
    ['^Mozilla/5\\.0 \\([^)]*\\) AppleWebKit/[\\d.]+ \\(KHTML, like Gecko\\) QtWebEngine/(\\d+)',
      'Qt Web Engine', '$1'],
    ['^BrightSign/.*QtWebEngine/(\\d+)', 'Qt Web Engine', '$1']
  ].concat(
    NAMED.map(name => ['(?:^|[ (;])' + name.replace(ESCAPED, '\\$&') + '/(?:IOS/)?(\\d+)', name, '$1']),
    Object.keys(RENAMED).map(family => [RENAMED[family] + '(\\d*)', family, '$1'])
  ),
  os: [
    ['Macintosh.* (?:CriOS|EdgiOS)/', 'iOS', ''],
    ['CrKey/.*DeviceType/AndroidTV', 'Chromecast Android', ''],
    ['CrKey/.*DeviceType/SmartSpeaker', 'Chromecast SmartSpeaker', ''],
    ['Fuchsia.*CrKey/', 'Chromecast Fuchsia', ''],
    ['Linux.*CrKey/(\\d+)', 'Chromecast Linux', '$1'],
    ['os/macos#?(\\d*)|aws-sdk-go/.*darwin', 'Mac OS X', '$1'],
    ['\\(HarmonyOS (\\d+)', 'HarmonyOS', '$1']
  ],
  /* Patterns of the list of crawlers that are in names of telephones, apps and versions, too; the
   * last one is a build of Android that people have. */
  narrowed: {
    '008\\/': '(?:^|[ (])008/',
    'AP3A\\.240617\\.008': null,
    Butterfly: 'Butterfly/',
    Sonic: 'Sonic(?:SiteAuditor)?/',
    'RED\\/': '(?:^|[ (])RED/'
  },
  device: [
    ['CrKey/', 'Chromecast'],
    ['\\(Nintendo Switch', 'Nintendo Switch'],
    ['; (ONE(?:PLUS)? [A-Z]\\d{4}); \\)', 'OnePlus $1'],
    ['Google-InspectionTool/', 'Spider']
  ]
}
