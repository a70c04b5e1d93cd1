{
  'targets': [
    {
      'target_name': 'mailport',
      # Every .cc file below src, so that a new file or folder needs no edit here.
      'sources': [
        '<!@(node -p "require(\'fs\').readdirSync(\'src\', { recursive: true }).filter((file) => file.endsWith(\'.cc\')).sort().map((file) => \'src/\' + file).join(\' \')")',
      ],
      # Exceptions off; calls into JavaScript return a Maybe.
      'dependencies': ['<!(node -p "require(\'node-addon-api\').targets"):node_addon_api_maybe'],
      # A worker that is being terminated refuses calls at any moment, and then no exception can be thrown either: that is no reason to end the process.
      'defines': ['NAPI_VERSION=8', 'NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS'],
      'cflags': ['-fvisibility=hidden', '-Wall', '-Wextra'],
      'cflags_cc!': ['-std=gnu++17'],
      'cflags_cc': ['-std=c++20', '-fvisibility-inlines-hidden', '-fno-rtti', '-fno-exceptions'],
      'xcode_settings': {
        'CLANG_CXX_LANGUAGE_STANDARD': 'c++20',
        'GCC_ENABLE_CPP_EXCEPTIONS': 'NO',
        'GCC_ENABLE_CPP_RTTI': 'NO',
        'GCC_SYMBOLS_PRIVATE_EXTERN': 'YES',
        'MACOSX_DEPLOYMENT_TARGET': '11.0',
        'OTHER_CFLAGS': ['-fvisibility=hidden', '-Wall', '-Wextra'],
      },
    },
  ],
}
