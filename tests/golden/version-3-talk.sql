BEGIN TRANSACTION;
CREATE TABLE wb_artifacts (
	digest VARCHAR NOT NULL, 
	size BIGINT NOT NULL, 
	content BLOB NOT NULL, 
	PRIMARY KEY (digest)
);
INSERT INTO "wb_artifacts" VALUES('db9a9ac5d970494704f19e129f0a49a171029e901b72052a5a2d93d90be3c359',2192,X'50415231150415C00215B6014C15281500120000A00100000D0100010D0800020D0800030D0800040D0800050D0800060D0800070D0800080D0800090D08000A0D08000B0D08000C0D08000D0D08000E0D08000F0D0800100D0800110D083C120000000000000013000000000000001500152E15322C15281510150615061C1808130000000000000018080000000000000000160028081300000000000000180800000000000000001111000000175802000000280105072088418A3928A9C59A7B30CA0900001504150A150E4C15021500120000051001000000781500151215162C15281510150615061C3600280178180178111100000009200200000028010128001504193C35001806736368656D611504001504250218066E756D62657200150C25021804776F726425004C1C0000001628191C192C26001C150419350006101918066E756D62657215021628168C0416860326DE0126081C180813000000000000001808000000000000000016002808130000000000000018080000000000000000111100192C15041500150200150015101502003C29061926002800000026001C150C1935000610191804776F7264150216281672167A26B803268E031C3600280178180178111100192C15041500150200150015101502003C162819061926002800000016FE041628260816800400192C180670616E64617318A8047B22696E6465785F636F6C756D6E73223A205B7B226B696E64223A202272616E6765222C20226E616D65223A206E756C6C2C20227374617274223A20302C202273746F70223A2032302C202273746570223A20317D5D2C2022636F6C756D6E5F696E6465786573223A205B7B226E616D65223A206E756C6C2C20226669656C645F6E616D65223A206E756C6C2C202270616E6461735F74797065223A2022756E69636F6465222C20226E756D70795F74797065223A2022737472222C20226D65746164617461223A207B22656E636F64696E67223A20225554462D38227D7D5D2C2022636F6C756D6E73223A205B7B226E616D65223A20226E756D626572222C20226669656C645F6E616D65223A20226E756D626572222C202270616E6461735F74797065223A2022696E743634222C20226E756D70795F74797065223A2022696E743634222C20226D65746164617461223A206E756C6C7D2C207B226E616D65223A2022776F7264222C20226669656C645F6E616D65223A2022776F7264222C202270616E6461735F74797065223A20226F626A656374222C20226E756D70795F74797065223A2022737472222C20226D65746164617461223A206E756C6C7D5D2C202261747472696275746573223A207B7D2C202263726561746F72223A207B226C696272617279223A202270796172726F77222C202276657273696F6E223A202232362E302E31227D2C202270616E6461735F76657273696F6E223A2022332E312E31227D00180C4152524F573A736368656D6118A0082F2F2F2F2F78414441414151414141414141414B414134414267414641416741436741414141414242414151414141414141414B414177414141414541416741436741414147414341414145414141414151414141417741414141494141774142414149414167414141413441674141424141414143674341414237496D6C755A47563458324E7662485674626E4D694F69426265794A726157356B496A6F67496E4A68626D646C49697767496D3568625755694F694275645778734C43416963335268636E51694F6941774C4341696333527663434936494449774C4341696333526C634349364944463958537767496D4E7662485674626C3970626D526C6547567A496A6F6757337369626D46745A534936494735316247777349434A6D615756735A4639755957316C496A6F67626E567362437767496E4268626D5268633139306558426C496A6F67496E567561574E765A4755694C434169626E567463486C6664486C775A53493649434A7A644849694C4341696257563059575268644745694F694237496D56755932396B6157356E496A6F67496C565552693034496E313958537767496D4E7662485674626E4D694F69426265794A755957316C496A6F67496D353162574A6C6369497349434A6D615756735A4639755957316C496A6F67496D353162574A6C6369497349434A775957356B59584E6664486C775A53493649434A70626E51324E43497349434A7564573177655639306558426C496A6F67496D6C756444593049697767496D316C6447466B59585268496A6F67626E56736248307349487369626D46745A53493649434A3362334A6B49697767496D5A705A57786B58323568625755694F694169643239795A43497349434A775957356B59584E6664486C775A53493649434A76596D706C593351694C434169626E567463486C6664486C775A53493649434A7A644849694C4341696257563059575268644745694F694275645778736656307349434A686448527961574A316447567A496A6F676533307349434A6A636D566864473979496A6F6765794A7361574A7959584A35496A6F67496E423559584A79623363694C434169646D567963326C7662694936494349794E6934774C6A456966537767496E4268626D5268633139325A584A7A61573975496A6F67496A4D754D533478496E3041414141414267414141484268626D5268637741414167414141455141414141454141414131502F2F2F7741414152515141414141484141414141514141414141414141414241414141486476636D51414141414142414145414151414141415141425141434141474141634144414141414241414541414141414141415149514141414149414141414151414141414141414141426741414147353162574A6C636741414341414D41416741427741494141414141414141415541414141414141414141001820706172717565742D6370702D6172726F772076657273696F6E2032362E302E31192C1C00001C0000008407000050415231');
CREATE TABLE wb_commands (
	number INTEGER NOT NULL, 
	run VARCHAR NOT NULL, 
	at_us BIGINT NOT NULL, 
	body TEXT NOT NULL, 
	state VARCHAR NOT NULL, 
	error TEXT NOT NULL, 
	PRIMARY KEY (number)
);
INSERT INTO "wb_commands" VALUES(1,'run-ztpsmjqnkw',1796033288356700,'{"by":"person","surface":"python","kind":"answer","request":"req-6f4zrq9ra9","token":"nJJebApICBc8PjF9xKe5mizx","verdict":"approve","args":{"row":7},"scope":"once","limits":null,"confirm":"","choice":null,"reason":"","then":"continue"}','done','');
INSERT INTO "wb_commands" VALUES(2,'run-ztpsmjqnkw',1796033288415361,'{"by":"person","surface":"python","kind":"answer","request":"req-nwkak7wpet","token":"IxCFZNz58dBZBAt5iskPGccG","verdict":"approve","args":{"row":7},"scope":"once","limits":null,"confirm":"","choice":null,"reason":"","then":"continue"}','done','');
CREATE TABLE wb_events (
	run VARCHAR NOT NULL, 
	seq BIGINT NOT NULL, 
	at_us BIGINT NOT NULL, 
	epoch BIGINT NOT NULL, 
	kind VARCHAR NOT NULL, 
	body TEXT NOT NULL, 
	hash VARCHAR NOT NULL, 
	PRIMARY KEY (run, seq)
);
INSERT INTO "wb_events" VALUES('run-qjtwpwsv4f',1,1796033287700023,0,'run.created','{"goal":"for the corpus","key":"success","on_behalf_of":"ada","limits":{"usd":5.0},"tools":{"think":"7fbdbbb1f8bfb7224877038c5c774002184b5cfb3c5621c905afd2ef145a84d9","look":"06aac5553d045e1e88fae9fda557750d6be1cfab99a9244e5be96d1c9b24d80b","table":"c03bd810fa2bc2345a74ac2b0a4f91cf7d7fa28b434042f869a69358808e58bd","broken":"d27c630050e8456c9ef7a3b6d76fc88385b33f8df3efeedd58b07868970740e4","put":"487d2e7fc2b1f2c6b0d3c2fc399d67356a8a7fe5c11f1da9b1676e58e3b6eadd","send":"0e809d6e31fd7e8b79c54d559ea2d9dca4f36804f4ef5bde7bd6be65ccbdbf02","post":"8e16de8ea19988311df7633ad11475221ccc0919337d2334c3c9787e1729eb19","drop":"a8d37bb57c2c4e7936bd2381f2264a7aff1503858978b6344cb0c0dd2ff1c097","lose":"23018aeabc546dbbac7b42c6f135baffa7989b8e0e5c562a8eb0263a78f4d352","book":"a7148f1a32107f07468272d16a0965afbdc004a1e6f2a3f80f70e7308fdbc1ee","consult":"d7d67c75341f396577a0db63b7e4d2a8ea904b1a737348f3c1e9e3ef95395151"},"seed":2440526241,"sources":{"think":"50f551eb05b6dde6","look":"cac2615e35ff74ed","table":"53c8058834d36e33","broken":"5b95d2a19d4fde64","put":"b48c2ef8f9338425","send":"f33b33ac2d467fd5","post":"f5f0fa3f4ac334bd","drop":"d85befe5bcefc131","lose":"361456f75be352b0","book":"d19de3ff638caa3d","consult":"43f3ce1767c594e0"},"schemas":{"think":"0ae2976948fd55ae","look":"2e81805f6e119167","table":"d4cf3b3f98e32c88","broken":"efd13142433cdb31","put":"88b0baf4fe6463de","send":"0cb3be51a32bbd13","post":"556a61734ce8779a","drop":"5bdce810c9efcf11","lose":"40fa7edb9d94312c","book":"b154b73ccf10475a","consult":"12affe494843d4a5"}}','36865b456b6e80d8ae93a19970cac70f3f892e3d412618f831ef1e526d4475ba');
INSERT INTO "wb_events" VALUES('run-qjtwpwsv4f',2,1796033287700023,0,'plan.revised','{"number":1,"digest":"ed41f1a78d9cb2e44ea01572ad2e913bab959ef7f1e0bca978378b4c8b51ec3f","author":"person","reason":"the plan given at the start","plan":{"goal":"for the corpus","steps":[{"id":"table","tool":"table","args":{"rows":20}},{"id":"used","tool":"think","args":{"name":"used","value":{"$ref":"table"}},"check":{"not_empty":true}},{"id":"put","tool":"put","args":{"name":"put"},"after":["used"]},{"id":"post","tool":"post","args":{"name":"post"},"after":["put"]}]},"edits":[],"remarks":[{"code":"point_of_no_return","step":"post","text":"the point of no return: the first step that cannot be undone"}]}','33251dc067973ab53013084eb1df4b87a94c8d2e8a96fbe7f3a535e2b4d2ad89');
INSERT INTO "wb_events" VALUES('run-qjtwpwsv4f',3,1796033287745965,1,'host.attached','{"host":"corpus/boot/space 22565 1788982 host-2q1q4nzpfg","epoch":1}','deeac1fc4d5c6d79553e40c074f8ee623ab318df16296705be5e990a1ebff6f4');
INSERT INTO "wb_events" VALUES('run-qjtwpwsv4f',4,1796033287775836,1,'run.started','{}','8a60f0b1d04cf65499bdd249802a734ac3ef0795f451c59a5f303f656a1ec275');
INSERT INTO "wb_events" VALUES('run-qjtwpwsv4f',5,1796033287776877,1,'call.intended','{"step":"table","attempt":1,"tool":"table","effect":"pure","args":{"value":{"rows":20}},"key":"c64614a76e638638230e54a077c9a97a","allowed_by":"the rule allow ''*'' covers table"}','ad32b86443718e74a875c85f0dd0f21fd54ea91dc173b0400df6940cb5a71250');
INSERT INTO "wb_events" VALUES('run-qjtwpwsv4f',6,1796033287950334,1,'call.succeeded','{"step":"table","attempt":1,"output":{"artifact":{"digest":"db9a9ac5d970494704f19e129f0a49a171029e901b72052a5a2d93d90be3c359","media":"application/vnd.apache.parquet; of=pandas","size":2192},"summary":"20 rows x 2 columns"},"duration_s":0.077273}','460b2ef0da498001a46bb3be11b00f7fa06501025bcf4124eec0dc9d88e251ed');
INSERT INTO "wb_events" VALUES('run-qjtwpwsv4f',7,1796033288009481,1,'call.intended','{"step":"used","attempt":1,"tool":"think","effect":"pure","args":{"value":{"name":"used","value":{"$artifact":"db9a9ac5d970494704f19e129f0a49a171029e901b72052a5a2d93d90be3c359","summary":"20 rows x 2 columns"}}},"key":"0cfd916103b012ba2ae45e2dd65bb82f","allowed_by":"the rule allow ''*'' covers think"}','aaa6fd123be50dbb3fc2b5d44c36e4462bae10779a3f8e712c6e2aa632ffdff9');
INSERT INTO "wb_events" VALUES('run-qjtwpwsv4f',8,1796033288011390,1,'call.succeeded','{"step":"used","attempt":1,"output":{"artifact":{"digest":"db9a9ac5d970494704f19e129f0a49a171029e901b72052a5a2d93d90be3c359","media":"application/vnd.apache.parquet; of=pandas","size":2192},"summary":"20 rows x 2 columns"},"duration_s":0.000415,"verified":true,"level":"performed"}','b48a842c591466b4eeb4ec7554ed367ab16f4b662bede3d58d25644c7e282714');
INSERT INTO "wb_events" VALUES('run-qjtwpwsv4f',9,1796033288012301,1,'call.intended','{"step":"put","attempt":1,"tool":"put","effect":"reversible","args":{"value":{"name":"put"}},"key":"fc511520b3e18d0c08757fcf8a782c51","allowed_by":"the rule allow ''*'' covers put","spend":{"calls":1.0},"undo":"unput","before":{"value":""}}','18683f6babb2c72ddbb352022fee21c9e2b679107066a26f2bdb6d0175c1dd24');
INSERT INTO "wb_events" VALUES('run-qjtwpwsv4f',10,1796033288017072,1,'call.succeeded','{"step":"put","attempt":1,"output":{"value":"put"},"duration_s":0.000687}','9fbb6012a11ad24b9eae817d6e0881313e2a2c5a9084e043ee1b9ba5cabb7da8');
INSERT INTO "wb_events" VALUES('run-qjtwpwsv4f',11,1796033288017661,1,'call.intended','{"step":"post","attempt":1,"tool":"post","effect":"irreversible","args":{"value":{"name":"post"}},"key":"d3922c9a85436b218f859889fa7d82f3","allowed_by":"the rule allow ''*'' covers post","spend":{"calls":1.0}}','d12e9b073a3217ef41546e48ea896db3cd58fe295f25e145cac098fe52d25596');
INSERT INTO "wb_events" VALUES('run-qjtwpwsv4f',12,1796033288030229,1,'call.succeeded','{"step":"post","attempt":1,"output":{"value":"post"},"duration_s":0.000646}','81c4919982c128a6dbd52fca66bdbce4c5e0a024b27dfc3cd63aae41d10f28b4');
INSERT INTO "wb_events" VALUES('run-qjtwpwsv4f',13,1796033288030581,1,'run.succeeded','{"result":{"value":"post"}}','46a142eec69ef961cce35e86fc7e6f727629eaaa2ee1b29927cb8f97064f5731');
INSERT INTO "wb_events" VALUES('run-ztpsmjqnkw',1,1796033288218700,0,'run.created','{"goal":"for the corpus","key":"talked","on_behalf_of":"ada","limits":{"usd":5.0},"tools":{"think":"7fbdbbb1f8bfb7224877038c5c774002184b5cfb3c5621c905afd2ef145a84d9","look":"06aac5553d045e1e88fae9fda557750d6be1cfab99a9244e5be96d1c9b24d80b","table":"c03bd810fa2bc2345a74ac2b0a4f91cf7d7fa28b434042f869a69358808e58bd","broken":"d27c630050e8456c9ef7a3b6d76fc88385b33f8df3efeedd58b07868970740e4","put":"487d2e7fc2b1f2c6b0d3c2fc399d67356a8a7fe5c11f1da9b1676e58e3b6eadd","send":"0e809d6e31fd7e8b79c54d559ea2d9dca4f36804f4ef5bde7bd6be65ccbdbf02","post":"8e16de8ea19988311df7633ad11475221ccc0919337d2334c3c9787e1729eb19","drop":"a8d37bb57c2c4e7936bd2381f2264a7aff1503858978b6344cb0c0dd2ff1c097","lose":"23018aeabc546dbbac7b42c6f135baffa7989b8e0e5c562a8eb0263a78f4d352","book":"a7148f1a32107f07468272d16a0965afbdc004a1e6f2a3f80f70e7308fdbc1ee","consult":"d7d67c75341f396577a0db63b7e4d2a8ea904b1a737348f3c1e9e3ef95395151"},"seed":3024800701,"sources":{"think":"50f551eb05b6dde6","look":"cac2615e35ff74ed","table":"53c8058834d36e33","broken":"5b95d2a19d4fde64","put":"b48c2ef8f9338425","send":"f33b33ac2d467fd5","post":"f5f0fa3f4ac334bd","drop":"d85befe5bcefc131","lose":"361456f75be352b0","book":"d19de3ff638caa3d","consult":"43f3ce1767c594e0"},"schemas":{"think":"0ae2976948fd55ae","look":"2e81805f6e119167","table":"d4cf3b3f98e32c88","broken":"efd13142433cdb31","put":"88b0baf4fe6463de","send":"0cb3be51a32bbd13","post":"556a61734ce8779a","drop":"5bdce810c9efcf11","lose":"40fa7edb9d94312c","book":"b154b73ccf10475a","consult":"12affe494843d4a5"}}','1605b1eedefdbc8ae7894991e7d879de23e81940991baad35ec7db2f2f4123ca');
INSERT INTO "wb_events" VALUES('run-ztpsmjqnkw',2,1796033288218700,0,'plan.revised','{"number":1,"digest":"a2b831a7fcf17d1398b4231412383055ecbab12a3e0e651ee79e4a23d7e37ea5","author":"person","reason":"the plan given at the start","plan":{"goal":"for the corpus","steps":[{"id":"book","tool":"book","args":{"name":"book"}},{"id":"ask","tool":"consult","args":{"name":"ask"},"after":["book"]}]},"edits":[],"remarks":[{"code":"point_of_no_return","step":"book","text":"the point of no return: the first step that cannot be undone"}]}','bf4bc4c78e63eda52830af9ca2c4a9898c242cf40351c85e298986054027d081');
INSERT INTO "wb_events" VALUES('run-ztpsmjqnkw',3,1796033288279220,1,'host.attached','{"host":"corpus/boot/space 22565 1788982 host-4e4z1x950h","epoch":1}','141aca3f7eba8234d5234b58e008a4408311eed647c748848c5de7e2458774ff');
INSERT INTO "wb_events" VALUES('run-ztpsmjqnkw',4,1796033288302335,1,'run.started','{}','ff46f0f236382c885a67d264bdd5880819cdd1e5ed085eab215bd3224925e0ed');
INSERT INTO "wb_events" VALUES('run-ztpsmjqnkw',5,1796033288302926,1,'call.intended','{"step":"book","attempt":1,"tool":"book","effect":"irreversible","args":{"value":{"name":"book"}},"key":"ac63accb0ed767bbcd975c1270c8f9d3","allowed_by":"the rule allow ''*'' covers book","spend":{"calls":1.0}}','eb6b39afd7922d7a52f287253a43e60e9784dbf929e5a4299f96fe27e9984889');
INSERT INTO "wb_events" VALUES('run-ztpsmjqnkw',6,1796033288318698,1,'call.reported','{"step":"book","attempt":1,"progress":0.5,"text":"half of it"}','23d2cd2e14f5843b1aca216a51d06f4014ebf6ffe95abbe1825f56e1d2b033c5');
INSERT INTO "wb_events" VALUES('run-ztpsmjqnkw',7,1796033288318874,1,'call.asked','{"step":"book","attempt":1,"questions":{"seat":{"by":"the other side","text":"Which seat?","answers":{"type":"object","properties":{"row":{"type":"integer"}},"required":["row"]}}},"state":"state of the other side"}','ca07029d7a42c403d9194d84e1c12823a2f0079b00f0b2a10b5439aef66017db');
INSERT INTO "wb_events" VALUES('run-ztpsmjqnkw',8,1796033288325072,1,'request.opened','{"request":"req-6f4zrq9ra9","token":"nJJebApICBc8PjF9xKe5mizx","about":"elicitation","step":"book","title":"the other side asks you something during book","why":"what you answer is sent to it","tool":"book","revision":"a2b831a7fcf17d1398b4231412383055ecbab12a3e0e651ee79e4a23d7e37ea5","risk":"local","gate":{"form":"notice"},"evidence":{"asks":"Which seat?","key":"seat","answers":{"type":"object","properties":{"row":{"type":"integer"}},"required":["row"]}},"if_refused":"the other side is told that you decline; what it does then is its own affair"}','a848667d98a6994703d5d859429470e28eadf8227150648035b99d91eab5ebaf');
INSERT INTO "wb_events" VALUES('run-ztpsmjqnkw',9,1796033288325399,1,'run.waiting','{}','f71bbf7708f59422c6932bbe12bcd84f9c81cd7d3dc80f942dbaebd60f0753b0');
INSERT INTO "wb_events" VALUES('run-ztpsmjqnkw',10,1796033288377390,2,'request.answered','{"request":"req-6f4zrq9ra9","step":"book","verdict":"approve","by":"person","surface":"python","args":{"row":7}}','3f279b99c0bacd4f5c408813a65edb67c7d419cb62de54a640a968a0f39dda59');
INSERT INTO "wb_events" VALUES('run-ztpsmjqnkw',11,1796033288377522,2,'run.resumed','{"by":"person"}','2753b48872776b1e666af55bd49fac35bcecb865d77b82a16d6399e3cf028314');
INSERT INTO "wb_events" VALUES('run-ztpsmjqnkw',12,1796033288378032,2,'call.intended','{"step":"book","attempt":2,"tool":"book","effect":"irreversible","args":{"value":{"name":"book"}},"key":"ac63accb0ed767bbcd975c1270c8f9d3","allowed_by":"the rule allow ''*'' covers book","spend":{"calls":1.0}}','9f424125501dff2f65307dadbc176b2f818179bf9a3144ad6e2314af3c110dc3');
INSERT INTO "wb_events" VALUES('run-ztpsmjqnkw',13,1796033288398475,2,'call.reported','{"step":"book","attempt":2,"progress":0.5,"text":"half of it"}','23c05bee2afe54c09278057ef7f873897a9fb7fd0f03e3e4cc1d318415ab2c95');
INSERT INTO "wb_events" VALUES('run-ztpsmjqnkw',14,1796033288399802,2,'call.succeeded','{"step":"book","attempt":2,"output":{"value":"book-7"},"duration_s":0.002241}','10d53f792d50610f48ac3e007164f46b7898015ea9f1bf2d8042a0d1b329fc2f');
INSERT INTO "wb_events" VALUES('run-ztpsmjqnkw',15,1796033288400234,2,'call.intended','{"step":"ask","attempt":1,"tool":"consult","effect":"read","args":{"value":{"name":"ask"}},"key":"fb14035c4ee8ebdb99febcc9b06f521d","allowed_by":"the rule allow ''*'' covers consult"}','99d8bde505376acfc3c598a68fc16e44aae17d7113a9a1294d148d59a368591c');
INSERT INTO "wb_events" VALUES('run-ztpsmjqnkw',16,1796033288400460,2,'request.opened','{"request":"req-nwkak7wpet","token":"IxCFZNz58dBZBAt5iskPGccG","about":"elicitation","step":"ask","title":"the other side asks you something during ask","why":"what you answer is sent to it","tool":"consult","revision":"a2b831a7fcf17d1398b4231412383055ecbab12a3e0e651ee79e4a23d7e37ea5","risk":"local","gate":{"form":"notice"},"evidence":{"asks":"Which row?","answers":{"type":"object","properties":{"row":{"type":"integer"}},"required":["row"]}},"if_refused":"the other side is told that you decline; what it does then is its own affair"}','d5b5d270fb56a0a8df8d6e80c5003fa84c026f3377e0b7b186ccdd54fc24e750');
INSERT INTO "wb_events" VALUES('run-ztpsmjqnkw',17,1796033288422585,2,'request.answered','{"request":"req-nwkak7wpet","step":"ask","verdict":"approve","by":"person","surface":"python","args":{"row":7}}','6e0628a153bd43241e81626a571a057d9620121e90589e6cd274d43f9602b3d7');
INSERT INTO "wb_events" VALUES('run-ztpsmjqnkw',18,1796033288422969,2,'call.sampled','{"step":"ask","attempt":1,"model":"scripted","outcome":"answered","usage":{"tokens_in":3.0,"tokens_out":4.0},"duration_s":0.000028}','4b74f2502dac913c1a768ec310bff3902cc26af311877dce49c130d03d72b2a1');
INSERT INTO "wb_events" VALUES('run-ztpsmjqnkw',19,1796033288423063,2,'call.succeeded','{"step":"ask","attempt":1,"output":{"value":"words accept"},"duration_s":0.022752}','40f0a71ffb269bcab3b0b6ada873241ab63ce7a4e0392d370108122d25371ca4');
INSERT INTO "wb_events" VALUES('run-ztpsmjqnkw',20,1796033288424011,2,'run.succeeded','{"result":{"value":"words accept"}}','5db0ed34b665a591ce26de27a71ac5f0c4fb57cf9d11c7a078f91ae0c2c5b2aa');
INSERT INTO "wb_events" VALUES('run-khny3h1yrd',1,1796033303681390,0,'run.created','{"goal":"for the corpus","key":"crashed","on_behalf_of":"ada","limits":{"usd":5.0},"tools":{"think":"7fbdbbb1f8bfb7224877038c5c774002184b5cfb3c5621c905afd2ef145a84d9","look":"06aac5553d045e1e88fae9fda557750d6be1cfab99a9244e5be96d1c9b24d80b","table":"c03bd810fa2bc2345a74ac2b0a4f91cf7d7fa28b434042f869a69358808e58bd","broken":"d27c630050e8456c9ef7a3b6d76fc88385b33f8df3efeedd58b07868970740e4","put":"487d2e7fc2b1f2c6b0d3c2fc399d67356a8a7fe5c11f1da9b1676e58e3b6eadd","send":"0e809d6e31fd7e8b79c54d559ea2d9dca4f36804f4ef5bde7bd6be65ccbdbf02","post":"8e16de8ea19988311df7633ad11475221ccc0919337d2334c3c9787e1729eb19","drop":"a8d37bb57c2c4e7936bd2381f2264a7aff1503858978b6344cb0c0dd2ff1c097","lose":"23018aeabc546dbbac7b42c6f135baffa7989b8e0e5c562a8eb0263a78f4d352","book":"a7148f1a32107f07468272d16a0965afbdc004a1e6f2a3f80f70e7308fdbc1ee","consult":"d7d67c75341f396577a0db63b7e4d2a8ea904b1a737348f3c1e9e3ef95395151"},"seed":2622675767,"sources":{"think":"50f551eb05b6dde6","look":"cac2615e35ff74ed","table":"53c8058834d36e33","broken":"5b95d2a19d4fde64","put":"b48c2ef8f9338425","send":"f33b33ac2d467fd5","post":"f5f0fa3f4ac334bd","drop":"d85befe5bcefc131","lose":"361456f75be352b0","book":"d19de3ff638caa3d","consult":"43f3ce1767c594e0"},"schemas":{"think":"0ae2976948fd55ae","look":"2e81805f6e119167","table":"d4cf3b3f98e32c88","broken":"efd13142433cdb31","put":"88b0baf4fe6463de","send":"0cb3be51a32bbd13","post":"556a61734ce8779a","drop":"5bdce810c9efcf11","lose":"40fa7edb9d94312c","book":"b154b73ccf10475a","consult":"12affe494843d4a5"}}','7d1e5e8203c78914f31860ab5eb48961ee7cce935b9bef13cc5f52d748c2a7c6');
INSERT INTO "wb_events" VALUES('run-khny3h1yrd',2,1796033303681390,0,'plan.revised','{"number":1,"digest":"070697a60a7efc03e037634a91fcd44e5c58479a63b4e9f1a2e0f12f1d8da96f","author":"person","reason":"the plan given at the start","plan":{"goal":"for the corpus","steps":[{"id":"a","tool":"think","args":{"name":"a"}},{"id":"sent","tool":"post","args":{"name":"sent"},"after":["a"]},{"id":"z","tool":"think","args":{"name":"z"},"after":["sent"]}]},"edits":[],"remarks":[{"code":"point_of_no_return","step":"sent","text":"the point of no return: the first step that cannot be undone"}]}','8d227449dbece8fd1334eba4c78078fe4cd6d80850edcf7fe7194c0aa439f299');
INSERT INTO "wb_events" VALUES('run-khny3h1yrd',3,1796033303748008,1,'host.attached','{"host":"corpus/boot/space 22879 1791147 host-6y1eqfjsv3","epoch":1}','2f5b8d4fe80d2057e3ef7a80d9e3b2a4393c6097ed2f19552c819d94baf1b2d8');
INSERT INTO "wb_events" VALUES('run-khny3h1yrd',4,1796033304567609,1,'run.started','{}','6a0b402812a6a08f8904d4afe783fbca8f0fe7cdd58c64ad41e3bbdaebe5eeb8');
INSERT INTO "wb_events" VALUES('run-khny3h1yrd',5,1796033304568639,1,'call.intended','{"step":"a","attempt":1,"tool":"think","effect":"pure","args":{"value":{"name":"a"}},"key":"ca8d5ada8de0a7b04b42fa58a0d1c798","allowed_by":"the rule allow ''*'' covers think"}','5f8486b9ff399dbc40d9b40a4647525dfc35813c727116a6a66e9db4023c182c');
INSERT INTO "wb_events" VALUES('run-khny3h1yrd',6,1796033304580827,1,'call.succeeded','{"step":"a","attempt":1,"output":{"value":"a"},"duration_s":0.012014}','451e974d21d0db05464e353209721e9acd5421a4f48b623db87c7d917cb7352d');
INSERT INTO "wb_events" VALUES('run-khny3h1yrd',7,1796033304581401,1,'call.intended','{"step":"sent","attempt":1,"tool":"post","effect":"irreversible","args":{"value":{"name":"sent"}},"key":"e6b0a1dafa7cd309bb8c3be5473d4651","allowed_by":"the rule allow ''*'' covers post","spend":{"calls":1.0}}','22103a30a25336409eac0450edc39b8715d38fca4b734fe85222c7eda0c7af98');
CREATE TABLE wb_late_outcomes (
	number INTEGER NOT NULL, 
	run VARCHAR NOT NULL, 
	at_us BIGINT NOT NULL, 
	epoch BIGINT NOT NULL, 
	kind VARCHAR NOT NULL, 
	body TEXT NOT NULL, 
	PRIMARY KEY (number)
);
CREATE TABLE wb_ledger (
	number INTEGER NOT NULL, 
	run VARCHAR NOT NULL, 
	step VARCHAR NOT NULL, 
	attempt INTEGER NOT NULL, 
	agent VARCHAR NOT NULL, 
	on_behalf_of VARCHAR NOT NULL, 
	unit VARCHAR NOT NULL, 
	amount FLOAT NOT NULL, 
	state VARCHAR NOT NULL, 
	at_us BIGINT NOT NULL, 
	PRIMARY KEY (number)
);
CREATE TABLE wb_meta (
	"key" VARCHAR NOT NULL, 
	value TEXT, 
	PRIMARY KEY ("key")
);
INSERT INTO "wb_meta" VALUES('format','workbench-journal');
INSERT INTO "wb_meta" VALUES('version','3');
INSERT INTO "wb_meta" VALUES('checkpointer','corpus/boot/space 22879 1791147 host-6y1eqfjsv3');
CREATE TABLE wb_rules (
	number INTEGER NOT NULL, 
	rule VARCHAR NOT NULL, 
	at_us BIGINT NOT NULL, 
	action VARCHAR NOT NULL, 
	"by" VARCHAR NOT NULL, 
	body TEXT NOT NULL, 
	hash VARCHAR NOT NULL, 
	PRIMARY KEY (number)
);
CREATE TABLE wb_runs (
	id VARCHAR NOT NULL, 
	"key" VARCHAR, 
	goal TEXT NOT NULL, 
	state VARCHAR NOT NULL, 
	created_us BIGINT NOT NULL, 
	updated_us BIGINT NOT NULL, 
	seq BIGINT NOT NULL, 
	head VARCHAR NOT NULL, 
	epoch BIGINT NOT NULL, 
	owner VARCHAR NOT NULL, 
	lease_until_us BIGINT NOT NULL, 
	done INTEGER NOT NULL, 
	total INTEGER NOT NULL, 
	open_requests INTEGER NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE ("key")
);
INSERT INTO "wb_runs" VALUES('run-qjtwpwsv4f','success','for the corpus','succeeded',1796033287700023,1796033288030906,13,'46a142eec69ef961cce35e86fc7e6f727629eaaa2ee1b29927cb8f97064f5731',1,'',0,4,4,0);
INSERT INTO "wb_runs" VALUES('run-ztpsmjqnkw','talked','for the corpus','succeeded',1796033288218700,1796033288424268,20,'5db0ed34b665a591ce26de27a71ac5f0c4fb57cf9d11c7a078f91ae0c2c5b2aa',3,'',0,2,2,0);
INSERT INTO "wb_runs" VALUES('run-khny3h1yrd','crashed','for the corpus','running',1796033303681390,1796033304584486,7,'22103a30a25336409eac0450edc39b8715d38fca4b734fe85222c7eda0c7af98',1,'corpus/boot/space 22879 1791147 host-6y1eqfjsv3',1796033319584486,1,3,0);
CREATE TABLE wb_snapshots (
	run VARCHAR NOT NULL, 
	seq BIGINT NOT NULL, 
	fold INTEGER NOT NULL, 
	digest VARCHAR NOT NULL, 
	body TEXT NOT NULL, 
	frontier TEXT, 
	PRIMARY KEY (run, seq)
);
CREATE INDEX wb_commands_open ON wb_commands (state, run);
CREATE INDEX wb_ledger_of_run ON wb_ledger (run, step);
CREATE INDEX wb_ledger_in_time ON wb_ledger (unit, at_us);
COMMIT;
